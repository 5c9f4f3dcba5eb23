# Tests of the sources themselves: headers stand alone and are lean, dependencies point one way, snippets are found.
if(LOGLIK_SANITIZE)
  return()  # what they test is the same in every build
endif()
set(sources ${CMAKE_CURRENT_LIST_DIR}/sources)
add_test(NAME sources.headers COMMAND ${sources}/headers_test.sh ${PROJECT_SOURCE_DIR} ${CMAKE_CXX_COMPILER} ${PROJECT_BINARY_DIR}/tests/headers)
add_test(NAME sources.layers COMMAND ${sources}/layers_test.sh ${PROJECT_SOURCE_DIR})
add_test(NAME sources.op_table COMMAND ${sources}/op_table_test.sh ${PROJECT_SOURCE_DIR})
add_test(NAME sources.snippets COMMAND ${sources}/extract_snippets_test.sh ${PROJECT_SOURCE_DIR})
set_tests_properties(sources.headers sources.layers sources.op_table sources.snippets PROPERTIES LABELS unit)
set_tests_properties(sources.headers PROPERTIES PROCESSORS 2)
