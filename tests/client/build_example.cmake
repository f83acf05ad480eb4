# Installs agentroom with its SDK into a folder of its own, builds the example against it outside the tree, and looks at what
# the library shows.
#   cmake -DBUILD=... -DSOURCE=... -DWORK=... -DGENERATOR=... -DCXX=... -DNM=... -P build_example.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${ARGN} failed:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
foreach(component runtime sdk)
  run("${CMAKE_COMMAND}" --install "${BUILD}" --component ${component} --prefix "${WORK}/installed")
endforeach()
file(COPY "${SOURCE}/" DESTINATION "${WORK}/outside")
run("${CMAKE_COMMAND}" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_PREFIX_PATH=${WORK}/installed"
    "-DCMAKE_CXX_FLAGS=${FLAGS} -Wall -Wextra -Wpedantic -Werror" -S "${WORK}/outside" -B "${WORK}/build")
run("${CMAKE_COMMAND}" --build "${WORK}/build")

file(GLOB_RECURSE library "${WORK}/installed/*/libagentroom-client.so.0")
if(NOT library)
  message(FATAL_ERROR "expected libagentroom-client.so.0 in ${WORK}/installed")
endif()
run("${NM}" --dynamic --defined-only --format=just-symbols --demangle "${library}")
string(STRIP "${output}" symbols)
string(REPLACE "\n" ";" symbols "${symbols}")
list(FILTER symbols EXCLUDE REGEX "^agentroom::client::(Client::|set_log\\()")
if(symbols)
  message(FATAL_ERROR "expected nothing but the API to be exported, found: ${symbols}")
endif()
