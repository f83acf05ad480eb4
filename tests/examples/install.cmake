# Installs agentroom and its SDK into a folder of their own.
#   cmake -DBUILD=... -DWORK=... -P install.cmake
file(REMOVE_RECURSE "${WORK}/installed")
foreach(component runtime sdk)
  execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --component ${component} --prefix "${WORK}/installed"
                  RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${component} was not installed:\n${output}")
  endif()
endforeach()
