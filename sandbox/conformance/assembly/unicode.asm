        global  _start
        section .text
_start: mov     eax, 1
        mov     edi, 1
        mov     rsi, text
        mov     edx, length
        syscall
        mov     eax, 60
        xor     edi, edi
        syscall

        section .rodata
text:   db      "Grüße, 世界! 🎉", 10
length: equ     $ - text
