# Installs the SDK into a folder of its own, builds a plugin against it from outside the tree, and looks at what it exports.
#   cmake -DBUILD=... -DSOURCE=... -DWORK=... -DGENERATOR=... -DCXX=... -DNM=... -P installed_sdk.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${ARGN} failed:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --component sdk --prefix "${WORK}/installed")
run("${CMAKE_COMMAND}" -G "${GENERATOR}" -S "${SOURCE}" -B "${WORK}/build" "-DCMAKE_CXX_COMPILER=${CXX}"
    "-DCMAKE_PREFIX_PATH=${WORK}/installed")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
if(NOT EXISTS "${WORK}/build/handler-outside.toml")
  message(FATAL_ERROR "the manifest is not beside the library")
endif()
run("${NM}" --dynamic --defined-only --format=just-symbols "${WORK}/build/handler-outside.so")
string(STRIP "${output}" symbols)
if(NOT symbols STREQUAL "agentroom_plugin_entry")
  message(FATAL_ERROR "expected agentroom_plugin_entry alone to be exported, found: ${symbols}")
endif()
