        global  _start
        extern  greeting, length
        section .text
_start: mov     eax, 1
        mov     edi, 1
        mov     rsi, greeting
        mov     edx, [length]
        syscall
        mov     eax, 60
        xor     edi, edi
        syscall
