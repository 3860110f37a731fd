#pragma once
// Points of the plane in two classes, and where they come from. The same seed gives the same points on every machine.

#include <inlay/tensor/tensor.hpp>

#include <cstdint>
#include <vector>

#include "support/regions.hpp"

namespace classify {

struct Points {
  std::vector<float> x = {};        // two numbers a point
  std::vector<float> targets = {};  // 0 or 1

  void add(float x0, float x1, float target);
  std::size_t count() const { return targets.size(); }
  inlay::Rows<const float, 2> rows() const { return {x.data(), count()}; }
  inlay::Rows<const float, 1> target_rows() const { return {targets.data(), count()}; }
  std::vector<examples::Regions::Point> drawn() const;
};

// Points in [-1, 1] x [-1, 1] on both sides of a line, none nearer to it than `margin`.
Points separable(std::size_t count, double margin, std::uint64_t seed);

// The four corners of a square; those that differ in their coordinates belong to class 1.
Points exclusive_or();

// Two spirals of one turn and a half each around the origin, one the other turned by half a circle, with some noise.
Points spirals(std::size_t count, std::uint64_t seed);

// The same points in an order that is a function of seed and epoch.
Points shuffled(const Points& points, std::uint64_t seed, std::uint64_t epoch);

}  // namespace classify
