        global  _start
        section .text
_start: xor     eax, eax
        mov     eax, [rax]      ; there is nothing here
