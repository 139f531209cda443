<?php
fwrite(STDERR, "to standard error\n");
