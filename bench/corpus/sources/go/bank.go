package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

type Bank struct {
	mutex    sync.RWMutex
	accounts map[string]int64
	moves    atomic.Int64
}

var errNoAccount = errors.New("no such account")

func (b *Bank) Transfer(ctx context.Context, from, to string, cents int64) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, owner := range []string{from, to} {
		if _, ok := b.accounts[owner]; !ok {
			return fmt.Errorf("%w: %s", errNoAccount, owner)
		}
	}
	if b.accounts[from] < cents {
		return fmt.Errorf("%s is %d cents short", from, cents-b.accounts[from])
	}
	b.accounts[from] -= cents
	b.accounts[to] += cents
	b.moves.Add(1)
	return nil
}

func (b *Bank) Total() (sum int64) {
	b.mutex.RLock()
	defer b.mutex.RUnlock()
	for _, cents := range b.accounts {
		sum += cents
	}
	return sum
}

func main() {
	bank := &Bank{accounts: map[string]int64{"ann": 100_000, "bob": 100_000}}
	ctx, cancel := context.WithCancel(context.Background())
	var clerks sync.WaitGroup
	for i := range 50 {
		clerks.Add(1)
		go func() {
			defer clerks.Done()
			from, to := "ann", "bob"
			if i%2 == 1 {
				from, to = to, from
			}
			if err := bank.Transfer(ctx, from, to, int64(i)*10); err != nil {
				panic(err)
			}
		}()
	}
	clerks.Wait()
	fmt.Println(bank.moves.Load(), "transfers, total", bank.Total(), "ann", bank.accounts["ann"])
	fmt.Println(bank.Transfer(ctx, "ann", "carol", 1))
	fmt.Println(bank.Transfer(ctx, "bob", "ann", 1_000_000))
	cancel()
	fmt.Println(bank.Transfer(ctx, "ann", "bob", 1))
}
