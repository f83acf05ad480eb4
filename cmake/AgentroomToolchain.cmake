# Language levels, warnings, sanitizers and ccache for every target of the tree.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# Paths are hashed relative to the tree, so that every clone on a machine shares what one of them compiled.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND};-E;env;CCACHE_BASEDIR=${PROJECT_SOURCE_DIR};CCACHE_NOHASHDIR=1;${CCACHE_PROGRAM}")
  set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_CXX_COMPILER_LAUNCHER}")
endif()

# The executable and its plugins lie side by side in the build tree as they do when installed.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(AGENTROOM_PLUGIN_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib/agentroom/plugins")

add_library(agentroom_warnings INTERFACE)
target_compile_options(
  agentroom_warnings
  INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
            # GCC 12 reports these wrongly inside libstdc++ and GoogleTest at -O2 and with sanitizers.
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds
            -Wno-free-nonheap-object -Wno-stringop-overread>)

if(AGENTROOM_SANITIZE)
  add_compile_options(-fsanitize=${AGENTROOM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${AGENTROOM_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND AGENTROOM_SANITIZE MATCHES "undefined")
    # A plugin in C has another type for the same entry; and vptr asks the system for a descriptor that a test may have
    # used up.
    add_compile_options(-fno-sanitize=function,vptr)
  endif()
  if(AGENTROOM_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
endif()
