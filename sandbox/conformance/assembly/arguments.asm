        global  main
        extern  puts
        section .text
main:   push    rbx
        mov     rbx, rsi
next:   add     rbx, 8
        mov     rdi, [rbx]
        test    rdi, rdi
        jz      done
        call    puts
        jmp     next
done:   xor     eax, eax
        pop     rbx
        ret
