# libstdc++ 14 defines the four overloads of std::vformat as plain inline functions. Each translation unit that sees
# <format> therefore instantiates the whole formatting machinery, used or not: 0.2 s. As templates they are
# instantiated where they are called. Standard library functions are not addressable, so no program can tell.
/^  \[\[nodiscard\]\]$/ { attribute = $0; next }
attribute != "" && /^  inline w?string$/ { returned = $0; next }
attribute != "" {
    if (returned != "" && /^  vformat\(/) print "  template<typename = void>"
    print attribute
    if (returned != "") print returned
    attribute = returned = ""
}
{ print }
