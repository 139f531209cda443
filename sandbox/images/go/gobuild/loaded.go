package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"unsafe"
)

// loadedProgram is the import path of the program in what a linker loads before there is one. Nobody else's.
const loadedProgram = "program"

// What the package syscall does not have of open(2) and linkat(2).
const (
	temporary = syscall.O_DIRECTORY | 0x400000 // O_TMPFILE
	followed  = 0x400                          // AT_SYMLINK_FOLLOW
	here      = ^uintptr(99)                   // AT_FDCWD
)

// loaded is a linker that loads the packages which programs import, half of its work, before there is a program, or while
// that is compiled. Its main package is ../preload's, whose last import is the program: a file without a name that has a
// lease on it (fcntl(2), F_SETLEASE), so that the system tells of its being opened, and holds up whoever opens it. Then the linker is
// stopped, for as long as need be.
type loaded struct {
	command    *exec.Cmd
	program    *os.File // the linker's descriptor 3
	executable *os.File // the linker's descriptor 4
	output     bytes.Buffer
	opening    chan os.Signal
	stopped    chan struct{}
	ended      chan error
}

// startLoaded starts such a linker. An error, where the system has no leases, says that the plain one must do.
func startLoaded() (*loaded, error) {
	l := &loaded{opening: make(chan os.Signal, 1), stopped: make(chan struct{}), ended: make(chan error, 1)}
	var err, other error
	l.program, err = nameless(os.TempDir())
	l.executable, other = nameless(".")
	if err = errors.Join(err, other); err == nil {
		signal.Notify(l.opening, syscall.SIGIO)
		err = l.lease(syscall.F_WRLCK)
	}
	if err == nil {
		l.command = exec.Command(filepath.Join(home, "tool", "link"), "-o", "/proc/self/fd/4", "-s", "-w", "-buildmode=exe",
			"-importcfg", filepath.Join(home, "importcfg"), filepath.Join(home, "loaded.o"))
		l.command.Env = toolEnvironment()
		l.command.ExtraFiles = []*os.File{l.program, l.executable}
		l.command.Stdout, l.command.Stderr = &l.output, &l.output
		err = l.command.Start()
	}
	if err != nil {
		l.close()
		return nil, err
	}
	go func() { l.ended <- l.command.Wait() }()
	go l.stopWhereItOpens()
	return l, nil
}

// stopWhereItOpens stops the linker before its patience with the lease ends, after which the system would let it read.
func (l *loaded) stopWhereItOpens() {
	if _, ok := <-l.opening; ok {
		_ = l.command.Process.Signal(syscall.SIGSTOP)
		close(l.stopped)
	}
}

// await returns once it has loaded what it can. False where it has ended instead.
func (l *loaded) await() bool {
	select {
	case <-l.stopped:
		return true
	case err := <-l.ended:
		l.ended <- err
		return false
	}
}

// link links the program of that object file. False where the plain linker is to do it, or to say why it cannot.
func (l *loaded) link(object, output string) bool {
	defer l.close()
	if !l.await() {
		return false
	}
	if err := errors.Join(copied(l.program, object), l.lease(syscall.F_UNLCK)); err != nil {
		l.stop()
		return false
	}
	_ = l.command.Process.Signal(syscall.SIGCONT)
	return <-l.ended == nil && l.output.Len() == 0 && named(output, l.executable) == nil
}

// stop ends it, with nothing to do.
func (l *loaded) stop() {
	_ = l.command.Process.Kill()
	l.ended <- <-l.ended
	l.close()
}

func (l *loaded) close() {
	signal.Stop(l.opening)
	l.program.Close()
	l.executable.Close()
}

func (l *loaded) lease(kind uintptr) error {
	if _, _, number := syscall.Syscall(syscall.SYS_FCNTL, l.program.Fd(), syscall.F_SETLEASE, kind); number != 0 {
		return number
	}
	return nil
}

// nameless makes an empty file that is in no directory, and may have a name in this one.
func nameless(directory string) (*os.File, error) {
	return os.OpenFile(directory, os.O_RDWR|temporary, 0o775)
}

func copied(target *os.File, name string) error {
	source, err := os.Open(name)
	if err != nil {
		return err
	}
	defer source.Close()
	_, err = io.Copy(target, source)
	return err
}

// named gives a program its name, in the place of what has it.
func named(name string, program *os.File) error {
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return err
	}
	from, err := syscall.BytePtrFromString(fmt.Sprintf("/proc/self/fd/%d", program.Fd()))
	if err != nil {
		return err
	}
	to, err := syscall.BytePtrFromString(name)
	if err != nil {
		return err
	}
	_, _, number := syscall.Syscall6(syscall.SYS_LINKAT,
		here, uintptr(unsafe.Pointer(from)), here, uintptr(unsafe.Pointer(to)), followed, 0)
	if number != 0 {
		return number
	}
	return nil
}
