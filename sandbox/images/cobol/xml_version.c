/* The library of COBOL's XML statements says on standard error that it was compiled with another version's headers. It works, and
   no program has to hear of it: preloaded, this takes the check's place. */
void xmlCheckVersion(int version) {
    (void)version;
}
