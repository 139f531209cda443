(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $words (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (local $i i32) (local $at i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $words (i32.const 64) (i32.const 1024)))
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (if (i32.lt_u (local.get $i) (i32.load (i32.const 0)))
        (then
          (local.set $at (i32.load (i32.add (i32.const 64) (i32.mul (local.get $i) (i32.const 4)))))
          (i32.store (i32.const 16) (local.get $at))
          (loop $end
            (if (i32.load8_u (local.get $at))
              (then
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $end))))
          (i32.store8 (local.get $at) (i32.const 10)) ;; a line feed in place of the 0 behind the word
          (i32.store (i32.const 20)
            (i32.add (i32.sub (local.get $at) (i32.load (i32.const 16))) (i32.const 1)))
          (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)))
          (br $next))))))
