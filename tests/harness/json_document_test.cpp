#include "harness/json_document.h"

#include <gtest/gtest.h>
