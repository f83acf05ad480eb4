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
  configure_file("${NAME}.toml" "${CMAKE_LIBRARY_OUTPUT_DIRECTORY}/${NAME}.toml" COPYONLY)
  install(TARGETS ${NAME} LIBRARY DESTINATION "${AGENTROOM_PLUGIN_DIR}")
  install(FILES "${NAME}.toml" DESTINATION "${AGENTROOM_PLUGIN_DIR}")
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
