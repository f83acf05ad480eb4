# Gives a project the target agentroom::sdk and the function below.
include("${CMAKE_CURRENT_LIST_DIR}/agentroom-sdk-targets.cmake")
set(AGENTROOM_SDK_EXPORT_MAP "${CMAKE_CURRENT_LIST_DIR}/plugin.map")

# agentroom_sdk_plugin(NAME SOURCES ... LIBS ...)
#   The shared library NAME.so, which exports agentroom_plugin_entry and nothing else, with the manifest NAME.toml of the
#   source folder beside it.
function(agentroom_sdk_plugin NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${NAME} MODULE ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE agentroom::sdk ${ARG_LIBS})
  target_link_options(${NAME} PRIVATE "-Wl,--version-script=${AGENTROOM_SDK_EXPORT_MAP}" -Wl,-z,defs)
  set_target_properties(
    ${NAME}
    PROPERTIES PREFIX ""
               CXX_VISIBILITY_PRESET hidden
               C_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               LINK_DEPENDS "${AGENTROOM_SDK_EXPORT_MAP}")
  configure_file("${CMAKE_CURRENT_SOURCE_DIR}/${NAME}.toml" "${CMAKE_CURRENT_BINARY_DIR}/${NAME}.toml" COPYONLY)
endfunction()
