@include "other.awk"

BEGIN { print greeting() }
