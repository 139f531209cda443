println new Other().greeting()
