# Plugins, of this tree and of others. Needs AGENTROOM_ABI_MAJOR, that of the SDK's headers, and AGENTROOM_PLUGIN_DIR, where
# agentroom looks for plugins below the prefix of its installation.
set(AGENTROOM_EXPORT_MAP "${CMAKE_CURRENT_LIST_DIR}/plugin.map")

# agentroom_add_plugin(NAME KIND SOURCES ... [LIBS ...])
#   The shared library NAME.so, which exports agentroom_plugin_entry, and nothing else, and leaves no symbol undefined. Its
#   manifest NAME.toml, of the source folder, is checked and lies beside it; `cmake --install` puts both where agentroom
#   looks for plugins. KIND is handler, store, transport or tunnel, or a list of them.
function(agentroom_add_plugin NAME KIND)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  foreach(each IN LISTS KIND)
    if(NOT each MATCHES "^(handler|store|transport|tunnel)$")
      message(FATAL_ERROR "agentroom_add_plugin(${NAME}): expected a kind (handler, store, transport, tunnel), found ${each}")
    endif()
  endforeach()
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_SOURCES)
    message(FATAL_ERROR "agentroom_add_plugin(${NAME}): expected NAME KIND SOURCES ... [LIBS ...]")
  endif()
  agentroom_check_manifest("${CMAKE_CURRENT_SOURCE_DIR}/${NAME}.toml" "${NAME}" "${KIND}")

  add_library(${NAME} MODULE ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE agentroom::sdk ${ARG_LIBS})
  target_link_options(${NAME} PRIVATE "-Wl,--version-script=${AGENTROOM_EXPORT_MAP}" -Wl,-z,defs)
  if(NOT CMAKE_LIBRARY_OUTPUT_DIRECTORY)
    set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  set_target_properties(
    ${NAME}
    PROPERTIES PREFIX ""
               C_VISIBILITY_PRESET hidden
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               LIBRARY_OUTPUT_DIRECTORY "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/$<0:>"
               LINK_DEPENDS "${AGENTROOM_EXPORT_MAP}")
  set_target_properties(${NAME} PROPERTIES AGENTROOM_PLUGIN "$<TARGET_FILE:${NAME}>")
  configure_file("${NAME}.toml" "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/${NAME}.toml" COPYONLY)
  install(TARGETS ${NAME} LIBRARY DESTINATION "${AGENTROOM_PLUGIN_DIR}")
  install(FILES "${NAME}.toml" DESTINATION "${AGENTROOM_PLUGIN_DIR}")
endfunction()

# agentroom_add_rust_plugin(NAME KIND SOURCES root.rs ...)
#   The same of Rust, without cargo: rustc makes the library of the first source, which has the modules that the others are, and
#   the crate `agentroom`, the boundary. Needs rustc 1.63 or newer, and a C compiler to link with (project LANGUAGES C).
function(agentroom_add_rust_plugin NAME KIND)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS OR NOT ARG_SOURCES)
    message(FATAL_ERROR "agentroom_add_rust_plugin(${NAME}): expected NAME KIND SOURCES root.rs ...")
  endif()
  find_program(RUSTC rustc REQUIRED VALIDATOR agentroom_rustc_runs)
  agentroom_check_manifest("${CMAKE_CURRENT_SOURCE_DIR}/${NAME}.toml" "${NAME}" "${KIND}")
  list(TRANSFORM ARG_SOURCES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  list(GET ARG_SOURCES 0 root)
  string(REPLACE "-" "_" crate "${NAME}")
  set(rustc "${RUSTC}" --edition 2021 -C opt-level=3)
  set(boundary "${CMAKE_CURRENT_BINARY_DIR}/${NAME}.boundary/libagentroom.rlib")
  set(plugin "${CMAKE_CURRENT_BINARY_DIR}/${NAME}.so")
  file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/${NAME}.boundary")
  add_custom_command(
    OUTPUT "${boundary}"
    COMMAND ${rustc} --crate-type rlib --crate-name agentroom -o "${boundary}" "${AGENTROOM_RUST}"
    DEPENDS "${AGENTROOM_RUST}"
    VERBATIM)
  add_custom_command(
    OUTPUT "${plugin}"
    COMMAND ${rustc} --crate-type cdylib --crate-name ${crate} --extern "agentroom=${boundary}" -C
            "linker=${CMAKE_C_COMPILER}" -C link-arg=-Wl,-z,defs -C strip=symbols -o "${plugin}" "${root}"
    DEPENDS ${ARG_SOURCES} "${boundary}"
    VERBATIM)
  add_custom_target(${NAME} ALL DEPENDS "${plugin}")
  set_target_properties(${NAME} PROPERTIES AGENTROOM_PLUGIN "${plugin}")
  configure_file("${NAME}.toml" "${CMAKE_CURRENT_BINARY_DIR}/${NAME}.toml" COPYONLY)
  install(FILES "${plugin}" "${NAME}.toml" DESTINATION "${AGENTROOM_PLUGIN_DIR}")
endfunction()

# For find_program: what is called rustc may stand for a toolchain that is not there.
function(agentroom_rustc_runs RESULT CANDIDATE)
  execute_process(COMMAND "${CANDIDATE}" --version RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(NOT failed EQUAL 0)
    set(${RESULT} FALSE PARENT_SCOPE)
  endif()
endfunction()

# agentroom_add_check(NAME [TEST test] [CONFIG file] [WHEN behaviour=file ...] [ONLY promises ...] [WITHOUT promises ...])
#   The test NAME.promises, or NAME.TEST: `agentroom plugin check` on the plugin. Files are relative to the source folder; docs/plugin-abi.md
#   tells what behaviours there are.
function(agentroom_add_check NAME)
  cmake_parse_arguments(ARG "" "TEST;CONFIG" "WHEN;ONLY;WITHOUT" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "agentroom_add_check(${NAME}): expected [TEST test] [CONFIG file] [WHEN behaviour=file ...] "
                        "[ONLY promises ...] [WITHOUT promises ...]")
  endif()
  if(NOT ARG_TEST)
    set(ARG_TEST promises)
  endif()
  if(NOT AGENTROOM_EXECUTABLE)
    message(FATAL_ERROR "agentroom_add_check(${NAME}): agentroom is not found; name it with -DAGENTROOM_EXECUTABLE=")
  endif()
  get_target_property(plugin ${NAME} AGENTROOM_PLUGIN)
  # Nothing of the home of whoever builds.
  set(arguments --home "${CMAKE_CURRENT_BINARY_DIR}/home")
  if(ARG_CONFIG)
    list(APPEND arguments --config "${ARG_CONFIG}")
  endif()
  foreach(each IN LISTS ARG_WHEN)
    list(APPEND arguments --when "${each}")
  endforeach()
  foreach(each IN LISTS ARG_ONLY)
    list(APPEND arguments --only "${each}")
  endforeach()
  foreach(each IN LISTS ARG_WITHOUT)
    list(APPEND arguments --without "${each}")
  endforeach()
  add_test(
    NAME "${NAME}.${ARG_TEST}"
    COMMAND "${AGENTROOM_EXECUTABLE}" plugin check "${plugin}" ${arguments}
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
endfunction()

# Ends the configuration when a manifest is not that of the plugin NAME of this kind, built with this SDK.
function(agentroom_check_manifest FILE NAME KIND)
  if(NOT EXISTS "${FILE}")
    message(FATAL_ERROR "agentroom_add_plugin(${NAME}): expected its manifest ${FILE}, which does not exist")
  endif()
  agentroom_manifest_value("${FILE}" id id)
  if(NOT id STREQUAL NAME)
    message(FATAL_ERROR "${FILE}: expected id = \"${NAME}\", the name of the plugin and of this file, found \"${id}\"")
  endif()
  agentroom_manifest_value("${FILE}" kind kind)
  list(SORT kind)
  list(SORT KIND)
  if(NOT kind STREQUAL KIND)
    message(FATAL_ERROR "${FILE}: expected kind = \"${KIND}\", as in agentroom_add_plugin, found \"${kind}\"")
  endif()
  agentroom_manifest_value("${FILE}" abi abi)
  if(NOT abi MATCHES "^${AGENTROOM_ABI_MAJOR}\\.[0-9]+$")
    message(FATAL_ERROR "${FILE}: expected abi = \"${AGENTROOM_ABI_MAJOR}.x\", the version of this SDK, found \"${abi}\"")
  endif()
endfunction()

# What a manifest says of the plugin itself, above its tables: a string, or an array of strings as a list.
function(agentroom_manifest_value FILE KEY OUT)
  file(READ "${FILE}" text)
  string(REGEX REPLACE "\n[ \t]*\\[.*" "" top "\n${text}")
  set(values)
  if(top MATCHES "\n[ \t]*${KEY}[ \t]*=[ \t]*(\\[[^]]*\\]|\"[^\"\n]*\"|'[^'\n]*')")
    string(REGEX MATCHALL "\"[^\"\n]*\"|'[^'\n]*'" values "${CMAKE_MATCH_1}")
    string(REGEX REPLACE "[\"']" "" values "${values}")
  endif()
  set(${OUT} "${values}" PARENT_SCOPE)
endfunction()
