// weights_save FOLDER: the models of models.hpp as files.
#include <inlay/io/checkpoint.hpp>

#include <cstdio>

#include "models.hpp"

template <class Model>
bool save(const std::string& path) {
  static inlay::ParametersOf<Model> parameters;
  for_each_element<Model>(parameters, [](float& element, float number) { element = number; });
  const inlay::io::Status status = inlay::io::save_weights<Model>(path, parameters);
  if (!status) std::fprintf(stderr, "%s\n", status.message().c_str());
  return static_cast<bool>(status);
}

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::string folder = arguments[1];
  return save<OddGpt>(folder + "/gpt.safetensors") && save<OddChain>(folder + "/chain.safetensors") &&
                 save<OddLinear>(folder + "/linear.safetensors")
             ? 0
             : 1;
}
