package main

import (
	"errors"
	"fmt"
	"math"
	"os"
)

type Shape interface {
	Area() float64
	fmt.Stringer
}

type Circle struct{ Radius float64 }
type Rectangle struct{ Width, Height float64 }

func (c Circle) Area() float64      { return math.Pi * c.Radius * c.Radius }
func (c Circle) String() string     { return fmt.Sprintf("circle(%g)", c.Radius) }
func (r *Rectangle) Area() float64  { return r.Width * r.Height }
func (r *Rectangle) String() string { return fmt.Sprintf("rectangle(%g x %g)", r.Width, r.Height) }

var ErrNegative = errors.New("negative side")

type ShapeError struct {
	Side string
	Err  error
}

func (e *ShapeError) Error() string { return e.Side + ": " + e.Err.Error() }
func (e *ShapeError) Unwrap() error { return e.Err }

func NewRectangle(width, height float64) (*Rectangle, error) {
	if width < 0 {
		return nil, &ShapeError{"width", ErrNegative}
	}
	if height < 0 {
		return nil, fmt.Errorf("new rectangle: %w", &ShapeError{"height", ErrNegative})
	}
	return &Rectangle{width, height}, nil
}

func main() {
	shapes := []Shape{Circle{1.5}}
	for _, sides := range [][2]float64{{3, 4.5}, {-1, 2}, {2, -3}} {
		rectangle, err := NewRectangle(sides[0], sides[1])
		var detail *ShapeError
		switch {
		case errors.As(err, &detail):
			fmt.Println("refused:", err, "-", detail.Side, errors.Is(err, ErrNegative))
		case err != nil:
			os.Exit(1)
		default:
			shapes = append(shapes, rectangle)
		}
	}
	total := 0.0
	for _, shape := range shapes {
		fmt.Printf("%v has area %.3f\n", shape, shape.Area())
		total += shape.Area()
	}
	fmt.Printf("total %.3f\n", total)
}
