//! Documents that mean harm.
