<?php
$kept = [];
for (;;) {
    $kept[] = str_repeat("x", 1 << 20);
}
