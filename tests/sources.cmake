# Tests of the sources themselves: headers stand alone and are lean, dependencies point one way.
add_test(NAME sources.headers COMMAND ${CMAKE_CURRENT_LIST_DIR}/sources/headers_test.sh ${PROJECT_SOURCE_DIR} ${CMAKE_CXX_COMPILER})
add_test(NAME sources.layers COMMAND ${CMAKE_CURRENT_LIST_DIR}/sources/layers_test.sh ${PROJECT_SOURCE_DIR})
add_test(NAME sources.snippets COMMAND ${CMAKE_CURRENT_LIST_DIR}/sources/extract_snippets_test.sh ${PROJECT_SOURCE_DIR})
set_tests_properties(sources.headers sources.layers sources.snippets PROPERTIES LABELS unit)
set_tests_properties(sources.headers PROPERTIES PROCESSORS 2 TIMEOUT 300)
