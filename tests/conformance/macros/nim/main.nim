const said = staticExec("{shell}")
echo said
