. ./other.sh
greeting
