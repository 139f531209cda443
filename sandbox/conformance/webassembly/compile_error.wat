(module
  (func (export "_start")
    (drop (local.get $here))))
