# Every ```cpp block of a README compiles, and every complete program runs: tools/extract_snippets says what becomes of a block.
file(GLOB readmes RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/*/README.md ${PROJECT_SOURCE_DIR}/*/*/README.md)
list(FILTER readmes EXCLUDE REGEX "^build")
if(NOT readmes OR NOT EXISTS ${PROJECT_SOURCE_DIR}/models/models.h)
  return()
endif()
foreach(readme tools/extract_snippets ${readmes})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${readme})
endforeach()

# Extracted afresh, then only what differs is written: an unchanged block is not compiled again.
set(snippets ${PROJECT_BINARY_DIR}/snippets)
file(REMOVE_RECURSE ${snippets}.new)
execute_process(COMMAND tools/extract_snippets ${snippets}.new ${readmes}
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB blocks RELATIVE ${snippets}.new ${snippets}.new/*.cpp)
foreach(block ${blocks})
  configure_file(${snippets}.new/${block} ${snippets}/${block} COPYONLY)
endforeach()

add_library(loglik_snippets INTERFACE)
target_link_libraries(loglik_snippets INTERFACE loglik_rules loglik_models)
target_compile_options(loglik_snippets INTERFACE -O0)
if(TARGET loglik_conformance)
  target_link_libraries(loglik_snippets INTERFACE loglik_conformance)
endif()

list(TRANSFORM blocks PREPEND ${snippets}/ OUTPUT_VARIABLE sources)
set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -Wno-unused)  # checked, not used; comes last, as clang wants it

set(fragments ${blocks})
list(FILTER fragments EXCLUDE REGEX "_(program|build)_[0-9]+\\.cpp$")
if(TARGET conformance_test)  # its README is of tests, which run
  list(REMOVE_ITEM fragments tests_conformance_readme.cpp)
  target_sources(conformance_test PRIVATE ${snippets}/tests_conformance_readme.cpp)
  target_link_libraries(conformance_test PRIVATE loglik_models)
endif()
if(fragments)
  list(TRANSFORM fragments PREPEND ${snippets}/)
  add_library(snippets_test OBJECT ${fragments})
  target_link_libraries(snippets_test PRIVATE loglik_snippets)
endif()

list(FILTER blocks INCLUDE REGEX "_(program|build)_[0-9]+\\.cpp$")
foreach(block ${blocks})
  get_filename_component(program ${block} NAME_WE)
  add_executable(snippet_${program} ${snippets}/${block})
  set_target_properties(snippet_${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${snippets})
  target_link_libraries(snippet_${program} PRIVATE loglik_snippets)
  if(program MATCHES "_program_")
    add_test(NAME snippets.${program} COMMAND snippet_${program} WORKING_DIRECTORY ${snippets})
    set_tests_properties(snippets.${program} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endforeach()
