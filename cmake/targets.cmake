# The one way a library of this project is declared: every .cpp of the folder, the common flags,
# and an alias gridlock::NAME.
add_library(gridlock_flags INTERFACE)
target_compile_features(gridlock_flags INTERFACE cxx_std_20)
target_compile_options(gridlock_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  # Results must be the same on every machine: no fused multiply-add behind our back.
  -ffp-contract=off)
if(GRIDLOCK_SANITIZE)
  target_compile_options(gridlock_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(gridlock_flags INTERFACE -fsanitize=address,undefined)
  target_compile_definitions(gridlock_flags INTERFACE GRIDLOCK_SANITIZE=1)
endif()

function(gridlock_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(gridlock_${name} STATIC ${sources})
  add_library(gridlock::${name} ALIAS gridlock_${name})
  set_target_properties(gridlock_${name} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_include_directories(gridlock_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/gridlock>)
  target_link_libraries(gridlock_${name} PRIVATE $<BUILD_INTERFACE:gridlock_flags>)
  target_compile_features(gridlock_${name} PUBLIC cxx_std_20)
endfunction()
