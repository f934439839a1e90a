# The one way a library of this project is declared: every .cpp of the folder, the common flags,
# and an alias gridlock::NAME.
add_library(gridlock_flags INTERFACE)
target_compile_features(gridlock_flags INTERFACE cxx_std_20)
target_compile_options(gridlock_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  # Results must be the same on every machine: no fused multiply-add behind our back.
  -ffp-contract=off
  # GCC 12 sees overlapping copies in "text" + std::string when it optimises (GCC PR 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(GRIDLOCK_SANITIZE)
  target_compile_options(gridlock_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(gridlock_flags INTERFACE -fsanitize=address,undefined)
  target_compile_definitions(gridlock_flags INTERFACE GRIDLOCK_SANITIZE=1)
endif()

function(gridlock_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(gridlock_${name} STATIC ${sources})
  set_target_properties(gridlock_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(gridlock_${name} PRIVATE $<BUILD_INTERFACE:gridlock_flags>)
  target_compile_features(gridlock_${name} PUBLIC cxx_std_20)
  gridlock_public_headers(${name} PUBLIC)
endfunction()

# A library of headers alone.
function(gridlock_header_library name)
  add_library(gridlock_${name} INTERFACE)
  target_compile_features(gridlock_${name} INTERFACE cxx_std_20)
  gridlock_public_headers(${name} INTERFACE)
endfunction()

# Every header is named from the root ("core/base/axis.h"), is installed, and compiles on its own: the target
# all_verify_interface_header_sets holds it to that.
function(gridlock_public_headers name scope)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
  add_library(gridlock::${name} ALIAS gridlock_${name})
  set_target_properties(gridlock_${name} PROPERTIES EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON)
  target_sources(gridlock_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
endfunction()
