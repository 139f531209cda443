package main

import (
	"container/heap"
	"fmt"
	"math"
)

type item struct{ node, cost int }
type queue []item

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].cost < q[j].cost }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(item)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

type graph map[int]map[int]int

func (g graph) connect(a, b, cost int) {
	for _, pair := range [][2]int{{a, b}, {b, a}} {
		if g[pair[0]] == nil {
			g[pair[0]] = map[int]int{}
		}
		g[pair[0]][pair[1]] = cost
	}
}

func (g graph) distances(start, nodes int) []int {
	best := make([]int, nodes)
	for i := range best {
		best[i] = math.MaxInt
	}
	best[start] = 0
	open := &queue{{start, 0}}
	for open.Len() > 0 {
		at := heap.Pop(open).(item)
		if at.cost > best[at.node] {
			continue
		}
		for next, step := range g[at.node] {
			if through := at.cost + step; through < best[next] {
				best[next] = through
				heap.Push(open, item{next, through})
			}
		}
	}
	return best
}

func main() {
	g := graph{}
	for _, edge := range [][3]int{{0, 1, 7}, {0, 2, 9}, {0, 5, 14}, {1, 2, 10}, {1, 3, 15}, {2, 3, 11}, {2, 5, 2}, {3, 4, 6}, {4, 5, 9}} {
		g.connect(edge[0], edge[1], edge[2])
	}
	for node, distance := range g.distances(0, 7) {
		if distance == math.MaxInt {
			fmt.Println(node, "unreachable")
			continue
		}
		fmt.Println(node, distance)
	}
}
