<?php
echo "first\n";
$x = = 'here';
