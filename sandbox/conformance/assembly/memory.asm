        global  main
        extern  malloc
        section .text
main:   sub     rsp, 8
again:  mov     edi, 1048576
        call    malloc
        mov     rdi, rax
        mov     ecx, 1048576
        mov     al, 1
        rep     stosb
        jmp     again
