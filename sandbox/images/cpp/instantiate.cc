// A GCC plugin that only the making of precompiled headers loads: `#pragma coderunner instantiate`, after the headers.
//
// GCC writes a precompiled header before it instantiates the templates that the headers themselves use, and does that
// anew in every program that takes it: 0.3 s with <format>. Here it is done once, in the way of the end of a
// translation unit (at_eof), which is a point of instantiation, too ([temp.point]).
#include "gcc-plugin.h"
#include "plugin-version.h"
#include "tree.h"
#include "cp/cp-tree.h"
#include "c-family/c-pragma.h"

int plugin_is_GPL_compatible;

static void instantiate(cpp_reader*) {
    const int before = at_eof;
    at_eof = 1;
    instantiate_pending_templates(0);
    at_eof = before;
}

static void add_pragma(void*, void*) { c_register_pragma("coderunner", "instantiate", instantiate); }

int plugin_init(plugin_name_args* plugin, plugin_gcc_version* version) {
    if (!plugin_default_version_check(version, &gcc_version)) return 1;
    register_callback(plugin->base_name, PLUGIN_PRAGMAS, add_pragma, nullptr);
    return 0;
}
