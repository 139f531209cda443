#!/usr/bin/env bash
# A table of sales: totals by region with awk, joined and sorted.

sales() {
    cat << 'END'
north,apples,120
south,apples,80
north,pears,45
east,plums,200
south,pears,65
east,apples,10
END
}

echo "By region:"
sales | awk -F, '{ total[$1] += $3 } END { for (region in total) printf "%-6s %5d\n", region, total[region] }' | sort

echo "By fruit:"
sales | cut -d, -f2 | sort | uniq -c | sort -rn -k1,1 -k2 | sed 's/^ *//'

best=$(sales | sort -t, -k3 -nr | head -1)
IFS=, read -r region fruit amount <<< "$best"
echo "Best: $fruit in the ${region^^} ($amount)"

if sales | grep -q '^west,'; then
    echo "west sells"
else
    echo "west sells nothing"
fi
sales | sed -n 's/^south,\(.*\),\(.*\)$/\2 \1/p' | paste -sd';'
