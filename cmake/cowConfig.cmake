# SPDX-License-Identifier: MIT
# find_package(cow) finds this file in PREFIX/share/cmake/cow and defines cow::cow: a header, nothing to link.
# The prefix is computed from where the file lies, so an installed tree may be moved.
if(NOT TARGET cow::cow)
    get_filename_component(cow_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
    add_library(cow::cow INTERFACE IMPORTED)
    set_target_properties(cow::cow PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${cow_prefix}/include")
    unset(cow_prefix)
endif()
