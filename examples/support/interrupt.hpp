#pragma once
// Ctrl-C as a request: the loop finishes its step, saves and says how to go on. A second Ctrl-C ends the program at
// once.

namespace examples {

void catch_interrupts();  // SIGINT and SIGTERM, from now on
bool interrupted();       // whether one has come

}  // namespace examples
