# An mbedTLS for this library alone: built from its sources with our configuration, and hidden in one object that shows
# ango_* and nothing else, so that the program may have another mbedTLS. Included by CMakeLists.txt.
set(mbedtls "${ANGO_MBEDTLS_DIR}")
set(folders "${mbedtls}/library")
set(includes "${mbedtls}/include")
if(EXISTS "${mbedtls}/tf-psa-crypto")
    # From 4 on cryptography is TF-PSA-Crypto's, in a folder of its own.
    foreach(folder core dispatch extras platform utilities drivers/builtin/src)
        list(APPEND folders "${mbedtls}/tf-psa-crypto/${folder}")
    endforeach()
    list(APPEND includes "${mbedtls}/tf-psa-crypto/include" "${mbedtls}/tf-psa-crypto/drivers/builtin/include")
endif()
set(mbedtls_sources "")
foreach(folder IN LISTS folders)
    file(GLOB found "${folder}/*.c")
    list(APPEND mbedtls_sources ${found})
endforeach()
if(NOT EXISTS "${mbedtls}/include/mbedtls/ssl.h" OR NOT mbedtls_sources)
    message(FATAL_ERROR "ango: no sources of mbedTLS in ANGO_MBEDTLS_DIR=${mbedtls}; port/cmake/README.md says how to get them")
endif()

set(config "ango_mbedtls_config.h")
set(definitions "MBEDTLS_CONFIG_FILE=\"${config}\"" "TF_PSA_CRYPTO_CONFIG_FILE=\"${config}\"" ${ANGO_DEFINITIONS})

add_library(ango_mbedtls OBJECT ${mbedtls_sources})
ango_compile(ango_mbedtls)
target_compile_definitions(ango_mbedtls PRIVATE ${definitions})
target_include_directories(ango_mbedtls PRIVATE "${top}/src" ${includes} ${folders})
target_compile_options(ango_mbedtls PRIVATE -w) # its warnings are not ours to mend

add_library(ango_objects OBJECT ${sources})
ango_compile(ango_objects)
target_compile_definitions(ango_objects PRIVATE ${definitions})
target_include_directories(ango_objects PRIVATE "${top}/src")
target_include_directories(ango_objects SYSTEM PRIVATE "${ANGO_JSMN_DIR}" ${includes})

# Their objects are linked right here, and only once.
set_target_properties(ango_mbedtls ango_objects PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
if(NOT CMAKE_OBJCOPY)
    message(FATAL_ERROR "ango: objcopy is missing, which hides mbedTLS; set CMAKE_OBJCOPY, or ANGO_MBEDTLS=SHARED")
endif()
separate_arguments(flags UNIX_COMMAND "${CMAKE_C_FLAGS}")
if(CMAKE_C_COMPILER_TARGET)
    list(APPEND flags "--target=${CMAKE_C_COMPILER_TARGET}")
endif()
set(all "${CMAKE_CURRENT_BINARY_DIR}/all.o")
set(hidden "${CMAKE_CURRENT_BINARY_DIR}/ango.o")
add_custom_command(
    OUTPUT "${hidden}"
    COMMAND "${CMAKE_C_COMPILER}" ${flags} -nostdlib -r
        "$<TARGET_OBJECTS:ango_objects>" "$<TARGET_OBJECTS:ango_mbedtls>" -o "${all}"
    COMMAND "${CMAKE_OBJCOPY}" --wildcard "--keep-global-symbol=ango_*" "${all}" "${hidden}"
    DEPENDS ango_objects ango_mbedtls "$<TARGET_OBJECTS:ango_objects>" "$<TARGET_OBJECTS:ango_mbedtls>"
    COMMAND_EXPAND_LISTS VERBATIM)
add_library(ango STATIC "${hidden}")
set_target_properties(ango PROPERTIES LINKER_LANGUAGE C)
target_include_directories(ango PUBLIC "${top}/include")
