        global  main
        extern  getchar, putchar, toupper
        section .text
main:   sub     rsp, 8
again:  call    getchar
        test    eax, eax
        js      done
        mov     edi, eax
        call    toupper
        mov     edi, eax
        call    putchar
        jmp     again
done:   xor     eax, eax
        add     rsp, 8
        ret
