#pragma once
// Footprint: the bytes that an object sets aside, by purpose, as a constant expression.
//
//   static_assert(inlay::footprint<Trainer>.total() <= 40 * 1024 * 1024);
//   inlay::footprint<Trainer>.print([](const char* line) { std::puts(line); });
//
// total() is sizeof the object. What exists once for each worker is given for all workers, with their number beside it.

#include <inlay/config.hpp>

namespace inlay::inline INLAY_ABI {

struct Footprint {
  size_t parameters = 0;   // what is trained
  size_t buffers = 0;      // what is not: tables, frozen weights
  size_t gradients = 0;    // all slices
  size_t slices = 0;       // that have gradients of their own
  size_t optimizer = 0;    // moments
  size_t state = 0;        // what lives from call to call: key/value caches
  size_t activations = 0;  // all workers
  size_t scratch = 0;      // all workers
  size_t workers = 0;      // that have activations and scratch of their own
  size_t other = 0;        // counters and padding

  constexpr size_t total() const {
    return parameters + buffers + gradients + optimizer + state + activations + scratch + other;
  }

  // Calls line(text) for each line of a table. No allocation; text is valid during the call.
  template <class Line>
  void print(Line&& line) const {
    const auto row = [&](const char* name, size_t bytes, const char* unit, size_t count) {
      if (bytes == 0) return;
      char text[80];
      size_t at = 0;
      const auto put = [&](const char* characters) {
        for (; *characters != '\0' && at + 1 < sizeof text; ++characters) text[at++] = *characters;
      };
      const auto number = [&](size_t value, size_t wide) {
        char digits[32];
        size_t length = 0;
        for (size_t rest = value, place = 0; place == 0 || rest > 0; rest /= 10, ++place) {
          if (place > 0 && place % 3 == 0) digits[length++] = ' ';
          digits[length++] = static_cast<char>('0' + rest % 10);
        }
        for (size_t i = length; i < wide; ++i) put(" ");
        while (length > 0) {
          const char character[2] = {digits[--length], '\0'};
          put(character);
        }
      };
      put("  ");
      put(name);
      while (at < 16) put(" ");
      number(bytes, 14);
      put(" bytes");
      if (count > 1) {
        put("  (");
        number(count, 0);
        put(unit);
        put(")");
      }
      text[at] = '\0';
      line(static_cast<const char*>(text));
    };
    row("parameters", parameters, "", 0);
    row("buffers", buffers, "", 0);
    row("gradients", gradients, " slices", slices);
    row("optimizer", optimizer, "", 0);
    row("state", state, "", 0);
    row("activations", activations, " workers", workers);
    row("scratch", scratch, " workers", workers);
    row("other", other, "", 0);
    row("total", total(), "", 0);
  }
};

template <class T>
inline constexpr Footprint footprint = T::footprint();

}  // namespace inlay::inline INLAY_ABI
