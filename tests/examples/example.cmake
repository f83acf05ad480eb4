# Builds an example outside the tree, as its README says, against what install.cmake installed, and runs its tests, which hold it
# to the promises of its kind. It exports agentroom_plugin_entry alone, and is found by its name once it is installed.
# Without SOURCE it is what `agentroom plugin new` makes of KIND and LANG.
#   cmake [-DSOURCE=... | -DKIND=... -DLANG=...] -DWORK=... -DGENERATOR=... -DCC=... -DCXX=... -DNM=... -P example.cmake
set(name "${KIND}-in-${LANG}")
if(SOURCE)
  cmake_path(GET SOURCE FILENAME name)
endif()
set(installed "${WORK}/installed")
set(copy "${WORK}/${name}")
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${ARGN} failed:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${copy}")
if(SOURCE)
  file(COPY "${SOURCE}" DESTINATION "${WORK}")
else()
  run("${CMAKE_COMMAND}" -E chdir "${WORK}" "${installed}/bin/agentroom" plugin new ${KIND} ${name} --lang ${LANG})
endif()
run("${CMAKE_COMMAND}" -G "${GENERATOR}" -S "${copy}" -B "${copy}/build" "-DCMAKE_PREFIX_PATH=${installed}"
    "-DCMAKE_C_COMPILER=${CC}" "-DCMAKE_CXX_COMPILER=${CXX}"
    "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
    "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror")
run("${CMAKE_COMMAND}" --build "${copy}/build")
run("${CMAKE_CTEST_COMMAND}" --test-dir "${copy}/build" --output-on-failure --no-tests=error)

run("${NM}" --dynamic --defined-only --format=just-symbols "${copy}/build/${name}.so")
string(STRIP "${output}" symbols)
if(NOT symbols STREQUAL "agentroom_plugin_entry")
  message(FATAL_ERROR "expected agentroom_plugin_entry alone to be exported, found: ${symbols}")
endif()
run("${CMAKE_COMMAND}" --install "${copy}/build" --prefix "${installed}")
run("${installed}/bin/agentroom" --home "${copy}/home" --json plugin info "${name}")
if(NOT output MATCHES "\"loads\":true")
  message(FATAL_ERROR "expected the installed ${name} to load, found: ${output}")
endif()
