// A GCC plugin that only the making of precompiled headers loads: `#pragma coderunner instantiate`, after the headers.
//
// GCC writes a precompiled header before it instantiates the templates that the headers themselves use, and does that
// anew in every program that takes it: 0.5 s with <format>. Here it is done once, in the way of the end of a
// translation unit (at_eof), which is a point of instantiation, too ([temp.point]). There GCC also uses the virtual
// functions of the classes whose tables it may have to write, which instantiates more.
#include "gcc-plugin.h"
#include "plugin-version.h"
#include "tree.h"
#include "cp/cp-tree.h"
#include "c-family/c-pragma.h"

int plugin_is_GPL_compatible;

/* Those of a class that is an instance of a template. */
static void use_virtual_functions(tree type) {
    for (tree table = CLASSTYPE_VTABLES(type); table; table = DECL_CHAIN(table)) {
        tree entries = DECL_INITIAL(table);
        if (!entries || TREE_CODE(entries) != CONSTRUCTOR) continue;
        unsigned at;
        tree entry;
        FOR_EACH_CONSTRUCTOR_VALUE(CONSTRUCTOR_ELTS(entries), at, entry) {
            STRIP_NOPS(entry);
            if (TREE_CODE(entry) != ADDR_EXPR && TREE_CODE(entry) != FDESC_EXPR) continue;
            tree function = TREE_OPERAND(entry, 0);
            if (DECL_TEMPLATE_INFO(function) && !DECL_THUNK_P(function)) mark_used(function);
        }
    }
}

static void instantiate(cpp_reader*) {
    enum { ROUNDS = 3 };  // what they instantiate may have tables of its own; what is left is left to the program
    const int before = at_eof;
    at_eof = 1;
    for (int round = 0; round < ROUNDS; ++round) {
        instantiate_pending_templates(0);
        for (unsigned i = 0; i < vec_safe_length(keyed_classes); ++i)
            if (CLASSTYPE_TEMPLATE_INSTANTIATION((*keyed_classes)[i])) use_virtual_functions((*keyed_classes)[i]);
    }
    instantiate_pending_templates(0);
    at_eof = before;
}

static void add_pragma(void*, void*) { c_register_pragma("coderunner", "instantiate", instantiate); }

int plugin_init(plugin_name_args* plugin, plugin_gcc_version* version) {
    if (!plugin_default_version_check(version, &gcc_version)) return 1;
    register_callback(plugin->base_name, PLUGIN_PRAGMAS, add_pragma, nullptr);
    return 0;
}
