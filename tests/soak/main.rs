//! Real threads against operators: short forms here, long ones by name.

mod fault_soak;
mod soak;
