<?php
function fail() {
    throw new RuntimeException("got here");
}

fail();
