# The three kinds of target: a layer of the core, a plugin, and a test executable.

# agentroom_core_layer(NAME SOURCES ... DEPS ...)
#   A static library `agentroom_NAME` made from core/src/NAME. DEPS are its edges in the dependency graph of
#   docs/architecture.md; tests/unit/architecture checks the includes against the same graph.
function(agentroom_core_layer NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(agentroom_${NAME} STATIC ${ARG_SOURCES})
  add_library(agentroom::${NAME} ALIAS agentroom_${NAME})
  target_include_directories(agentroom_${NAME} PUBLIC "${PROJECT_SOURCE_DIR}/core/include" "${PROJECT_SOURCE_DIR}/core/src")
  target_link_libraries(agentroom_${NAME} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS} agentroom_warnings)
endfunction()

# agentroom_plugin(NAME SOURCES ... LIBS ...)
#   A plugin of this tree, as agentroom_add_plugin of the SDK makes it; NAME begins with its kind.
function(agentroom_plugin NAME)
  string(REGEX REPLACE "-.*" "" kind "${NAME}")
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${AGENTROOM_PLUGIN_OUTPUT_DIRECTORY}")
  agentroom_add_plugin(${NAME} ${kind} ${ARGN})
  target_link_libraries(${NAME} PRIVATE agentroom_warnings)
  if(AGENTROOM_SANITIZE)
    target_link_options(${NAME} PRIVATE -Wl,-z,undefs)
  endif()
endfunction()

# agentroom_test(NAME SOURCES ... LIBS ... [LABEL label] [FIXTURE name])
#   A GoogleTest executable whose tests CTest discovers one by one, each with the label unit unless told.
function(agentroom_test NAME)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT;FIXTURE" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main agentroom_warnings)
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  gtest_discover_tests(${NAME} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
                                                                     FIXTURES_REQUIRED "${ARG_FIXTURE}")
endfunction()
