        global  greeting, length
        section .rodata
greeting: db    "Hello from the other file!", 10
length: dd      $ - greeting
