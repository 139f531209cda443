<?php
require __DIR__ . "/other.php";

echo greeting(), "\n";
