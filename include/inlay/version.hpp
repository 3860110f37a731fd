#pragma once

// The version of inlay: the one place where it is written. The build, the installed package and the checkpoints read it
// from here.

#define INLAY_VERSION_MAJOR 0
#define INLAY_VERSION_MINOR 1
#define INLAY_VERSION_PATCH 0
