numbers=$(seq -s+ 0 9)
echo "hello from Bash ${BASH_VERSINFO[0]}.${BASH_VERSINFO[1]} and $((numbers)) more"
