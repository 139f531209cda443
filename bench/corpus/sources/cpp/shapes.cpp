#include <cmath>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

class Shape {
public:
    virtual ~Shape() = default;
    virtual double area() const = 0;
    virtual std::string name() const = 0;
};

class Circle : public Shape {
public:
    explicit Circle(double radius) : radius_(radius) {}
    double area() const override { return std::acos(-1.0) * radius_ * radius_; }
    std::string name() const override { return "circle"; }

private:
    double radius_;
};

class Rectangle : public Shape {
public:
    Rectangle(double width, double height) : width_(width), height_(height) {}
    double area() const override { return width_ * height_; }
    std::string name() const override { return width_ == height_ ? "square" : "rectangle"; }

private:
    double width_, height_;
};

class Triangle : public Shape {
public:
    Triangle(double a, double b, double c) : a_(a), b_(b), c_(c) {}
    double area() const override {
        double s = (a_ + b_ + c_) / 2;
        return std::sqrt(s * (s - a_) * (s - b_) * (s - c_));
    }
    std::string name() const override { return "triangle"; }

private:
    double a_, b_, c_;
};

int main() {
    std::vector<std::unique_ptr<Shape>> shapes;
    shapes.push_back(std::make_unique<Circle>(1.5));
    shapes.push_back(std::make_unique<Rectangle>(3, 4.5));
    shapes.push_back(std::make_unique<Rectangle>(2, 2));
    shapes.push_back(std::make_unique<Triangle>(3, 4, 5));
    double total = 0;
    for (const auto& shape : shapes) {
        std::cout << shape->name() << " " << shape->area() << std::endl;
        total += shape->area();
    }
    std::cout << "total " << total << std::endl;
    return 0;
}
