# Types what the README of an example shows, in a copy outside the tree and against what install.cmake installed; then runs the
# example's own tests, which hold it to the promises of its kind, and checks the configuration that the README shows. The plugin
# exports agentroom_plugin_entry alone, and is found by its name once it is installed. Without SOURCE it is what
# `agentroom plugin new` makes of KIND and LANG.
#   cmake [-DSOURCE=... | -DKIND=... -DLANG=...] -DWORK=... -DGENERATOR=... -DCC=... -DCXX=... -DNM=... -P example.cmake
set(name "${KIND}-in-${LANG}")
if(SOURCE)
  cmake_path(GET SOURCE FILENAME name)
endif()
set(installed "${WORK}/installed")
set(copy "${WORK}/${name}")
set(warnings "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror")
set(as_reader
    "${CMAKE_COMMAND}" -E env "PATH=${installed}/bin:$ENV{PATH}" "AGENTROOM_HOME=${copy}/home" "CMAKE_PREFIX_PATH=${installed}"
    "CMAKE_GENERATOR=${GENERATOR}" "CC=${CC}" "CXX=${CXX}" "CFLAGS=${warnings}" "CXXFLAGS=${warnings}" OPENAI_API_KEY=sk-example)
function(run)
  execute_process(COMMAND ${as_reader} ${ARGN} WORKING_DIRECTORY "${copy}" RESULT_VARIABLE failed OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${ARGN} failed:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# shown(LANGUAGE OUT): the block of the README in this language.
function(shown LANGUAGE OUT)
  file(READ "${copy}/README.md" text)
  if(NOT text MATCHES "\n```${LANGUAGE}\n([^`]*\n)```\n")
    message(FATAL_ERROR "${copy}/README.md: expected a block of ${LANGUAGE}")
  endif()
  set(${OUT} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${copy}")
if(SOURCE)
  file(COPY "${SOURCE}" DESTINATION "${WORK}")
else()
  execute_process(COMMAND "${installed}/bin/agentroom" plugin new ${KIND} ${name} --lang ${LANG} WORKING_DIRECTORY "${WORK}"
                          COMMAND_ERROR_IS_FATAL ANY)
endif()
shown(sh commands)
file(WRITE "${copy}/commands" "${commands}")
run(sh -eu commands)
run("${CMAKE_CTEST_COMMAND}" --test-dir build --output-on-failure --no-tests=error)

shown(toml configuration)
string(REGEX REPLACE "/path/to/(${name}/)?build" "${copy}/build" configuration "${configuration}")
file(WRITE "${copy}/agentroom.toml" "${configuration}")
file(CHMOD "${copy}/agentroom.toml" PERMISSIONS OWNER_READ OWNER_WRITE)
run(agentroom --config agentroom.toml config check)

run("${NM}" --dynamic --defined-only --format=just-symbols "build/${name}.so")
string(STRIP "${output}" symbols)
if(NOT symbols STREQUAL "agentroom_plugin_entry")
  message(FATAL_ERROR "expected agentroom_plugin_entry alone to be exported, found: ${symbols}")
endif()
run("${CMAKE_COMMAND}" --install build --prefix "${installed}")
run(agentroom --json plugin info "${name}")
if(NOT output MATCHES "\"loads\":true")
  message(FATAL_ERROR "expected the installed ${name} to load, found: ${output}")
endif()
