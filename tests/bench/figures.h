// SPDX-License-Identifier: MIT
// The figures of this program, by the files that measure them. Called by main.cc.
#pragma once

#include <string_view>

namespace balcony::bench {

void parse();             // parse.cc
void print();             // print.cc
void hostile();           // hostile.cc
void tls();               // tls.cc
void s5b_bytes();         //
void ice_bytes();         //
void pseudo_tcp_bytes();  //
void one_way();           // stanzas.cc
void s5b_messages();      //
void receipts();          //
void round_trip();        // round_trip.cc
void s5b_round_trip();    //
void set_up();            // set_up.cc
void idle_heap();         // heap.cc
void heap_growth();       //
void fresh_names();       //

// Ours of one_way, once and without a yardstick: for comparisons that the script makes.
void one_way_rate();

}  // namespace balcony::bench
